"""``mi agent``: a reference agent for sites whose vendor gives a library (DLL) instead of a gateway's address.

It speaks the contract of ``mi_plugins/gateways/local_agent.py`` over HTTP and gives each message to the library once, one
after the other, in a process of its own, so that a library that hangs or crashes can be ended and the call be told as
*unknown*. COM components are not loaded: a vendor's COM object needs an agent of its own, by the same contract.
"""
