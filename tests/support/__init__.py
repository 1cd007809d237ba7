"""Share code between tests. A test imports from here, and never from another test.

Rows and forms:
    factories    a valid row for each model, and a submission; a test sets only what it is about
    forms        a page's forms, read and sent like a browser, with Django's test client
    visitor      the same over HTTP, with a site that runs as processes
    challenges   the proof of work in a form, and its solution
    samples/     hostile text, spellings of numbers, all addresses of the site, histories of calls

Moments:
    concurrency  `concurrently(n, do)` starts n threads at the same moment; `begin` returns once the
                 other thread waits for a lock; `once_after` acts between two statements
    `callbacks.core.clock.set_to` sets the time. Nothing sleeps to wait for something.

The call service. Use the first that can show what the test is about:
    call_service/fake_api   no HTTP: dispatch, worker, lifecycle, staff pages
    call_service/scripted   a socket with scripted answers, byte by byte: the client itself,
                            broken connections, slow answers, redirects, certificates
    sandbox_process         the sandbox, strict about each field, with faults: whole processes
    call_service/stand_in   written only from the service's description; it shares no code with
                            the sandbox, so that both cannot be wrong in the same way

Processes (mark the test `slow`; `make quick` leaves it out):
    servers, database_server, programs   a throw-away PostgreSQL, Redis or PgBouncer; what exists
    site_processes                       the site as it runs in production
    processes/                           nginx, Varnish, a proxy that falls silent, dying children

Browsers (mark the test `browser`):
    browsers/playwright   one Chromium for all tests that need no special one
    browsers/admin        `page`: the admin, and what axe finds on it
    browsers/start        Chromium, Firefox and WebKit, with or without third-party cookies

Staff: staff/ has accounts, roles, signing in, and what a person does on the pages.

emptying empties the database after each test that commits; rendering makes pages come faster.

Checked in every test on PostgreSQL: lock_order (locks are taken in one order).
"""
