# Everything a newcomer or CI types. The first target that needs it sets up .venv from constraints.txt.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
RUN := .venv/bin

.PHONY: simulate test check golden record-understudy guarantees durability clean

simulate: .venv/ready
	$(RUN)/simulate --seed 7

test: .venv/ready
	$(RUN)/python -m pytest -n 2

check: .venv/ready
	$(RUN)/ruff check .
	$(RUN)/ruff format --check .
	$(RUN)/mypy

golden: .venv/ready
	$(RUN)/python -m tests.golden
	git --no-pager diff --stat -- transcripts

record-understudy: .venv/ready
	$(RUN)/python -m tests.recording

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv .venv
	PIP_CONSTRAINT=constraints.txt $(RUN)/python -m pip install --quiet --disable-pip-version-check --editable ".[dev]"
	touch .venv/ready

clean:
	rm -rf .venv dist .pytest_cache .mypy_cache .ruff_cache .hypothesis

guarantees: .venv/ready
	$(RUN)/python -m tests.guarantees
	$(RUN)/python -m pytest -n 2 tests/test_non_interference.py tests/test_evidence.py tests/test_manners.py tests/test_false_belief.py

durability: .venv/ready
	printf '%s\n' 1 7 42 | xargs -P 2 -n 1 $(RUN)/python -m tests.durability

# A whole run with MODEL at OPENAI_BASE_URL, with OPENAI_API_KEY, into tests/cassettes/live.
.PHONY: record judge
record: .venv/ready
	$(RUN)/python -m tests.recording live

# How any running server does: make judge SERVER=http://127.0.0.1:8080/v1 MODEL=name
judge: .venv/ready
	$(RUN)/python -m tests.judge "$(SERVER)" "$(MODEL)"

# axe-core checks the reader page in the browser tests; it is fetched for them and kept in an ignored folder.
AXE := 4.14.1
.PHONY: axe bench-diff
axe: .cache/axe/package/axe.min.js
.cache/axe/package/axe.min.js:
	mkdir -p .cache/axe
	cd .cache/axe && npm pack --silent axe-core@$(AXE) && tar -xzf axe-core-$(AXE).tgz

bench-diff: .venv/ready
	$(RUN)/python -m tests.bench_diff

.PHONY: mutants
mutants: .venv/ready
	$(RUN)/python -m tests.mutation.report
