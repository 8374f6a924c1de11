"""The product's addresses, and beside them the lean pages it is measured against."""

from django.urls import path

from registry.urls import urlpatterns as product
from tests.bench import lean

urlpatterns = [
    path("lean/glossary/", lean.glossary),
    path("lean/metrics/<slug:key>/", lean.metric),
    path("lean/history/", lean.history),
    path("lean/metrics/<slug:key>/history/", lean.history),
    path("lean/sign-offs/<int:pk>/", lean.sign_off),
    *product,
]
