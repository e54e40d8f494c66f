"""The program on the screen: what it has beside its screens, where one goes in it, and what it tells."""
