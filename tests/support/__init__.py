"""What tests share. A test imports from here, and never from another test.

Rows and forms:
    factories    a valid row for each model, and a submission; a test names only what it is about
    forms        a page's forms as a browser reads and sends them, with Django's test client
    visitor      the same over HTTP, from a site that runs as processes
    challenges   the proof of work in a form, and its solution
    samples/     hostile text, spellings of numbers, all addresses of the site, histories of calls

Moments:
    concurrency  `concurrently(n, do)` starts n threads at the same moment; `begin` returns once the
                 other one waits for a lock; `once_after` acts between two statements of another
    The time is set by `callbacks.core.clock.set_to`. Nothing sleeps to wait for something.

The call service. Use the first that can show what the test is about:
    call_service/fake_api   no HTTP: dispatch, worker, lifecycle, staff pages
    call_service/scripted   a socket whose answers are scripted byte by byte: the client itself,
                            torn connections, slow answers, redirects, certificates
    sandbox_process         the sandbox, strict about each field, with faults: whole processes
    call_service/stand_in   written from the service's description alone, sharing nothing with the
                            sandbox: so that both cannot be wrong in the same way

Processes (mark the test `slow`; `make quick` leaves it out):
    servers, database_server, programs   a throwaway PostgreSQL, Redis or pgbouncer; what there is
    site_processes                       the site as it runs in production
    processes/                           nginx, Varnish, a proxy that falls silent, dying children

Browsers (mark the test `browser`):
    browsers/playwright   one Chromium for all tests that want nothing special of it
    browsers/admin        `page`: the admin, and what axe finds on it
    browsers/start        Chromium, Firefox and WebKit with third-party cookies or without

Staff: staff/ has accounts, roles, signing in, and what a person does on the pages.

Checked in every test on PostgreSQL: lock_order (locks are taken in one order).
"""
