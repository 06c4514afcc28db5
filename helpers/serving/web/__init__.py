"""The service's words on the wire: requests, answers, and what is sent away."""
