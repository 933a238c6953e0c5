"""The demo: a whole outpatient visit with typed classes over real HTTP against the sandbox (``mi demo``)."""
