"""What the logs show, in figures; docs/score.md defines each."""
