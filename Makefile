# What the project can be asked to do. Each target installs what it needs into .venv by itself.
.PHONY: help demo serve quick test slow coverage mutants check docs bench chaos screenshots lighthouse sbom lock runtime development
.DEFAULT_GOAL := help

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-11s %s\n", $$1, $$2 }' Makefile

demo: runtime ## everything running on this machine, with a sandbox that rings
	@.venv/bin/python deploy/demo.py $(ARGS)

serve: runtime ## as in production, on this machine; settings come from the environment
	@.venv/bin/python manage.py serve $(ARGS)

quick: development ## a first look, in a minute: some tests of most parts, without browsers
	@.venv/bin/python tests/run.py --quick $(ARGS)

test: development ## the tests, on SQLite and on PostgreSQL (ARGS="-k hours" for some of them)
	@.venv/bin/python tests/run.py $(ARGS)

coverage: development ## the branches that tests take (ARGS=--quick for those of make quick)
	@.venv/bin/coverage erase
	@.venv/bin/coverage run tests/run.py --only sqlite $(ARGS); .venv/bin/coverage combine -q && .venv/bin/coverage report

mutants: development ## change the code in small ways and see that a test fails (hours; goes on where it stopped)
	@.venv/bin/python deploy/mutants.py $(ARGS)

slow: development ## what takes long: chaos, outages, deployments, each page, Firefox and WebKit, dark and small screens, the other parts on PostgreSQL
	@.venv/bin/python tests/run.py --minutes $(ARGS)

check: development ## lint, format, types, migrations, translations, documents, licences, known vulnerabilities, the deployment check
	@sh deploy/check.sh

docs: development ## the documents as a site, in var/site
	@.venv/bin/python deploy/docs_site.py $(ARGS)

bench: development ## measure how fast it is on this machine
	@.venv/bin/python benchmarks/run.py $(ARGS)

chaos: development ## break everything at once and judge what came of it (ten minutes; ARGS=--sqlite)
	@.venv/bin/python benchmarks/chaos.py $(ARGS)

screenshots: development ## make the pictures in docs/screenshots again
	@.venv/bin/python deploy/screenshots.py

lighthouse: development ## Lighthouse's scores for the form and for a site that shows it
	@.venv/bin/python deploy/lighthouse.py

sbom: development ## list what runs on a site, with versions, hashes and licences, as CycloneDX (ARGS=FILE)
	@.venv/bin/python deploy/sbom.py $(ARGS)

lock: ## lock the dependencies anew, with hashes (ARGS=--upgrade for newer versions)
	@sh deploy/lock.sh $(ARGS)

runtime:
	@sh deploy/venv.sh requirements.txt

development:
	@sh deploy/venv.sh requirements-dev.txt
