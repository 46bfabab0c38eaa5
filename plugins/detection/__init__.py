"""Detection rules that people write in the portal: what they are, what is wrong with one, and how they are run.

Pure: no Django. Rules come in as plain data from `plugins.services.detection`; engines run in the sandbox.
"""
