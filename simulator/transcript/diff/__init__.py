"""What differs between two runs: by beat and event, then turns, then words."""
