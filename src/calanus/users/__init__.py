"""Accounts, sign-in, who is asking, and what the policy lets them do."""
