"""The doors: other people's formats become clinical events; what cannot is rejected with a reason."""
