"""The steps: pending facts ▶ work ▶ append. Airflow, the command line and the tests call these functions.

Import them from their modules: each brings in only what it needs.
"""
