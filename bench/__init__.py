"""Speed, measured: the hub beside its peers on one database. `make bench`, or `python -m bench --help`.

operations.py  what is asked, of each peer          data.py      rows, clients, keys to ask for
peers/         the idiomatic server, PostGraphile,  servers.py   processes: start, CPU time, memory
               the bare statement                   load.py      wrk with random keys
equality.py    all peers answer the same            results.py   tables, ratios, bench/RESULTS.md
limits.py      what a request costs, where          large.py     the same at 5 million rows
"""
