"""What a command does, whoever does it: the command line alone, or a running daemon on its behalf."""
