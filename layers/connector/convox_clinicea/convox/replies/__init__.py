"""What ConVox gets: the only place where a patient's data is revealed to an agent; a module for each flow.

Every answer has `status` and a `message` fit for an agent; absent values are null, never left out.
"""
