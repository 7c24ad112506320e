# Every target sets up what it needs by itself: a virtual environment, packages, and on Debian or Ubuntu (as root)
# the system libraries that Qt wants. Users of Windows and macOS find their lines in the README.

VENV := .venv
PYTHON ?= $(firstword $(foreach p,python3.11 python3.12 python3.13 python3.14 python3 python,$(shell command -v $(p) 2>/dev/null)))
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.DELETE_ON_ERROR:

.PHONY: run test check bench bench-peers setup setup-test setup-dev setup-parity clean

run: setup ## open the window (without a display: train headless and write pictures into out/)
	@$(BIN)/convnet-studio $(PROJECT)

test: setup-test ## all tests but parity with PyTorch, which runs where torch is installed
	@$(BIN)/python -m pytest $(TESTS)

check: setup-dev ## lint, format, types and import contracts
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports

BENCHMARKS := training_step.py "training_step.py --momentum" first_use.py live_window.py canvas_frames.py surface_frames.py
bench: setup-test ## speed of engine and window (half an hour); engine against PyTorch where torch is installed
	@for script in $(BENCHMARKS); do echo "== $$script"; $(BIN)/python benchmarks/$$script || exit 1; done

bench-peers: setup-test ## training beside ConvNetJS, TensorFlow.js and scikit-learn, which it fetches into build/peers
	@$(BIN)/python benchmarks/peer_engines.py

setup: $(VENV)/.run
setup-test: $(VENV)/.test
setup-dev: $(VENV)/.dev
setup-parity: $(VENV)/.parity

$(BIN)/python:
	@test -n "$(PYTHON)" || { echo "ConvNet Studio needs Python 3.11 or newer: install it, then try again."; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' || \
		{ echo "ConvNet Studio needs Python 3.11 to 3.14; $(PYTHON) is another: set PYTHON=/path/to/python."; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || $(MAKE) --no-print-directory packages PACKAGES=$(notdir $(PYTHON))-venv
	@echo "Making a virtual environment in $(VENV)"
	@$(PYTHON) -m venv $(VENV)

$(VENV)/.run: pyproject.toml | $(BIN)/python
	@echo "Installing ConvNet Studio and its packages"
	@$(PIP) --editable .
	@missing="$$($(BIN)/convnet-studio doctor --packages)" && $(MAKE) --no-print-directory packages PACKAGES="$$missing"
	@touch $@

$(VENV)/.test: $(VENV)/.run
	@$(PIP) --editable ".[test]"
	@missing="$$($(BIN)/convnet-studio doctor --packages --tests)" && \
		$(MAKE) --no-print-directory packages PACKAGES="$$missing"
	@touch $@

$(VENV)/.dev: $(VENV)/.run
	@$(PIP) --editable ".[dev,test]"
	@touch $@

$(VENV)/.parity: $(VENV)/.run
	@$(PIP) --editable ".[parity]"
	@touch $@

# System packages that are missing (nothing to do where PACKAGES is empty).
.PHONY: packages
packages:
	@if [ -z "$(strip $(PACKAGES))" ]; then exit 0; \
	elif [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing system packages: $(PACKAGES)"; \
		apt-get update -q >/dev/null && DEBIAN_FRONTEND=noninteractive apt-get install -y -q $(PACKAGES) >/dev/null; \
	else \
		echo "Some system libraries are missing. Please type: sudo apt-get install $(PACKAGES)"; exit 1; \
	fi

clean: ## remove everything that was made
	rm -rf $(VENV) dist build out .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
