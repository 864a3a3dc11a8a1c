"""What tests start from: databases, homes, and builders of books."""
