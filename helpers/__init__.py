"""What more than one notebook of the course needs; see CONTRIBUTING.md for the map."""
