"""Operation-log stores: where calls are written before and after they are sent."""
