"""What the audit asks, with queries of its own.

Nothing here calls a function or a manager of the relay, so that an error there is not repeated
here. Times that the relay promises are written down a second time, on purpose.
"""
