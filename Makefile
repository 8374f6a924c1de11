# `make` or `make help` lists what can be done. Every target sets up .venv by itself first.
.DEFAULT_GOAL := help
.PHONY: help venv run test lint style types templates migrations settings format messages lock bench torture screenshots

# Always `python -m`: the scripts in .venv/bin hold absolute paths and break when the folder is moved.
PYTHON_HERE := .venv/bin/python
DEV := GOI_DEBUG=1 $(PYTHON_HERE)
MARKS ?= not slow and not nightly
WORKERS ?= auto
LOCK := $(PYTHON_HERE) -m uv pip compile --quiet --universal --python-version 3.12 --generate-hashes --no-header

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

venv: ## set up .venv with the locked requirements, if it is not already
	@bin/venv

run: venv ## serve the example registry on http://127.0.0.1:8000 (PORT=9000 changes the port)
	@$(PYTHON_HERE) manage.py quickstart

test: venv ## run the tests but the slow ones (DATABASE_URL=postgres://… on PostgreSQL, MARKS=slow for the slow)
	@$(DEV) -m pytest -n $(WORKERS) --dist worksteal -m "$(MARKS)"

lint: style types templates migrations settings ## check style, types, templates, migrations and settings

style: venv
	@$(PYTHON_HERE) -m ruff check .
	@$(PYTHON_HERE) -m ruff format --check .

types: venv
	@$(DEV) -m mypy registry

templates: venv
	@$(PYTHON_HERE) -m djlint templates --lint --quiet # not its formatter: it adds spaces that Japanese text shows

migrations: venv
	@DATABASE_URL=sqlite:// $(DEV) manage.py makemigrations --check --dry-run

settings: venv
	@env -u GOI_DEBUG -u GOI_DEMO DATABASE_URL=sqlite:// GOI_ALLOWED_HOSTS=goi.example.com \
		GOI_SECRET_KEY="$$($(PYTHON_HERE) -c 'import secrets; print(secrets.token_urlsafe(64))')" \
		$(PYTHON_HERE) manage.py check --deploy --fail-level WARNING

format: venv ## put code into the house style
	@$(PYTHON_HERE) -m ruff check --fix .
	@$(PYTHON_HERE) -m ruff format .

messages: venv ## bring registry/locale up to date with the code and compile it (needs GNU gettext)
	@DATABASE_URL=sqlite:// $(DEV) manage.py makemessages --locale ja --no-location --no-obsolete --no-wrap \
		--ignore tests --ignore fixtures --ignore data --ignore static_root
	@DATABASE_URL=sqlite:// $(DEV) manage.py compilemessages --locale ja --ignore .venv

lock: venv ## write the versions and hashes of requirements*.in (UPGRADE=--upgrade takes the newest)
	@$(LOCK) $(UPGRADE) requirements.in -o requirements.txt
	@$(LOCK) $(UPGRADE) requirements-dev.in -o requirements-dev.txt

bench: venv ## measure the pages on both databases, questions about a day, conditions and counts over a million leads
	@$(DEV) -m tests.bench
	@$(DEV) -m tests.bench.as_of_bench
	@$(DEV) -m tests.bench.conditions_bench --large
	@$(DEV) -m tests.bench.ledger_bench

torture: venv ## kill, cut off and stop the registry hundreds of times, on SQLite and a PostgreSQL of its own (an hour or two)
	@for round in "kill --times 200" "power --times 50" "power --times 50 --journal wal" "backup --times 100" \
		"sigterm --times 100" "kill --times 100 --on postgresql" "stop --times 10 --on postgresql" \
		"backup --times 100 --on postgresql" "sigterm --times 100 --on postgresql"; do \
		echo "▶ $$round"; env -u DATABASE_URL $(DEV) -W ignore -m tests.torture $$round || exit 1; done

screenshots: venv ## take the README's pictures anew
	@$(DEV) -m tests.browser.screenshots
