"""Where Slack reaches us."""
