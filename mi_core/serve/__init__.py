"""The local HTTP API: calls, operations and doubts for programs that are not Python.

``mi serve`` runs it; :func:`mi_core.serve.app.create_app` is the aiohttp application. Callers are old: flat JSON errors,
UTF-8 or GB 18030, HTTP/1.0, plain HTTP where the configuration says so. Every route but the empty page of the
documentation and the two words of ``/health`` needs a token, also on this machine.

A call goes through the client, hence through the journal: nothing here sends a message itself. Nothing personal is
written to a log or a file: the access log names routes, not what was asked; of an idempotency key and its request only
keyed hashes are kept.
"""
