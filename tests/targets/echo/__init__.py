"""A second chat target, as small as one can be; docs/adding-a-chat-target.md walks through it."""
