# Every target sets the checkout up first, and that is nothing when it is done. `make demo` is the place to begin.

PYTHON_IN := .venv/bin/python
READY := .venv/ready
# Windows of tests and pictures are drawn in memory; bench and demo show theirs where there is a display.
OFFSCREEN := QT_QPA_PLATFORM=offscreen
export PYTHON

.PHONY: setup demo test lint bench screenshots format

setup: $(READY)

$(READY): pyproject.toml packaging/setup.sh
	@sh packaging/setup.sh

demo: $(READY)
	$(PYTHON_IN) -m player demo $(MEDIA)

lint: $(READY)
	.venv/bin/ruff format --check
	.venv/bin/ruff check
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

# The cores are covered by their own tests; tracing the rest, which says nothing more, would take another minute.
test: lint
	$(OFFSCREEN) $(PYTHON_IN) -m coverage run -m pytest tests/core
	$(PYTHON_IN) -m coverage report
	$(OFFSCREEN) $(PYTHON_IN) -m pytest --ignore=tests/core

bench: $(READY)
	@if [ -n "$(RIG)" ]; then sh packaging/setup.sh mpv xvfb pulseaudio pulseaudio-utils gcc libc6-dev iproute2 syncplay-server; fi
	$(PYTHON_IN) -m tests.bench $(if $(RIG),--rig $(RIG)) $(ROWS)

screenshots: $(READY)
	$(OFFSCREEN) $(PYTHON_IN) -m tests.ui.gallery screenshots

format: $(READY)
	.venv/bin/ruff check --fix-only --quiet
	.venv/bin/ruff format
