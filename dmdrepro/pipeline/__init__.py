"""What a command makes: the plan, what it costs and where it writes, and who executes it."""
