"""What is under way at a person's wish: operations on runs, longer looks, and what can be taken back."""
