"""Everything replaceable: gateways, transports, stores, regions, the sandbox. Each is a plugin like a third party's."""
