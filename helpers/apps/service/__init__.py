"""A shop's service desk: find, answer or hand over, call tools, give nothing away."""
