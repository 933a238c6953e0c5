"""The command ``mi``: everything an operator or developer does from a shell."""
