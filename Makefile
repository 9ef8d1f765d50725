.PHONY: help setup run test lint bench docs lock
help:            ## this list
	@grep -E '^[a-z]+:.*##' Makefile
lock:            ## write the lock files anew (needs uv)
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --extra server --extra build pyproject.toml -o requirements.txt
	uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate -q --extra server --extra build --extra dev -c requirements.txt pyproject.toml -o requirements-dev.txt
