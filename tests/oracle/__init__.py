"""A seeded random history of a real WordPress, and an oracle that predicts every Change the crawler may tell of it.

editor      does what editors, plugins, importers and administrators do, and remembers it
operations  the table of what they do
oracle      from that memory and the times of the looks: the exact list of Changes; imports nothing of `crawler`
returns     of that: what comes of a post that goes back to the state that it has just left
proxy       stands before the site: its clock, and its faults
comparison  of what was told with what was to be told, and of the posts
story       draws the operations and the looks, and compares
troubles    stories amid faults, with REST closed at times, with many posts gone at once
"""
