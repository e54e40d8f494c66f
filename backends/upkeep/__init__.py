"""Looking after a store: what is wrong in it, how that is put right, and which states may go."""
