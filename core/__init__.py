"""The words and the rules of Flightlog; knows nothing of SQL, paths or screens."""
