"""The same rows in tables of their own, managed by Django's admin with django-simple-history, untuned."""
