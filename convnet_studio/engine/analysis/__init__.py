"""Analysis: what is found out about a network and its data, for views and lessons. No Qt."""
