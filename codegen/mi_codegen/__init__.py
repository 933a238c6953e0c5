"""The generator: catalogue documents -> typed classes. load -> check -> ir -> passes -> render -> write | --check."""
