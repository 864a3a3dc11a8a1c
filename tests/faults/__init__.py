"""What must hold whatever fails, whenever it fails."""
