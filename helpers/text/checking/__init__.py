"""What a text claims, and whether its source says so."""
