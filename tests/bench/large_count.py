def large_counts():
    return []
