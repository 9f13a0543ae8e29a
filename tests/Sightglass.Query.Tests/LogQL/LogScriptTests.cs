namespace Sightglass.Query.Tests.LogQL;

/// <summary>What Loki's documentation and its own tests say of corners of the language, as scripts.</summary>
public sealed class LogScriptTests
{
    [Fact]
    public void Conditions_on_labels() => new LogScript("""
        {app=a} code=200 @ 20s x4/20s
        {app=a} code=200.0 @ 30s x2/20s
        {app=a} code=-5 @ 15s x5/15s
        {app=a} code=1500 @ 55s
        instant 60s count_over_time({app="a"} | logfmt | code = "200" [1m])
          {app=a, code=200} 3
        instant 60s count_over_time({app="a"} | logfmt | code == "200" [1m])
          fail syntax error
        instant 60s count_over_time({app="a"} | logfmt | code = 200 [1m])
          {app=a, code=200} 3
          {app=a, code=200.0} 2
        instant 60s count_over_time({app="a"} | logfmt | code < 0 [1m])
          {app=a, code=-5} 4
        instant 60s count_over_time({app="a"} | logfmt | code > 1e3 [1m])
          {app=a, code=1500} 1
        instant 60s count_over_time({app="a"} | logfmt | code > 0x10 [1m])
          fail unable to parse literal as a float
        instant 60s count_over_time({app="a"} | logfmt | code > 0o17 [1m])
          fail unable to parse literal as a float
        instant 60s count_over_time({app="a"} | logfmt | code > 1mb [1m])
          fail syntax error
        instant 60s count_over_time({app="a"} | logfmt | code == ip("1.2.3.4") [1m])
          fail syntax error
        instant 60s count_over_time({app="a"} | logfmt | code = ip("bogus") [1m])
          fail invalid pattern
        instant 60s count_over_time({app="a"} | logfmt | __error__ > 0 [1m])
          fail __error__ is a string label and cannot be compared with __error__>0
        instant 60s count_over_time({app="a"} | logfmt | code > 1s and __error_details__ != 1s [1m])
          fail __error_details__ is a string label and cannot be compared with __error_details__!=1s
        instant 60s sum_over_time({app="a"} | logfmt | unwrap code | __error__ = ip("127.0.0.1") [1m])
          fail __error__ is a string label and cannot be compared with __error__=ip("127.0.0.1")
        clear
        {app=a} {"addr":"1.2.3.4","took":"2s"} @ 20s x4/20s
        {app=a} not|json @ 30s x2/20s
        instant 60s count_over_time({app="a"} | json | took > 1s [1m])
          {addr=1.2.3.4, app=a, took=2s} 3
        instant 60s count_over_time({app="a"} | json | addr = ip("1.2.3.0/24") [1m])
          fail JSONParserErr
        instant 60s count_over_time({app="a"} | json | addr != "1.2.3.4" [1m])
          fail JSONParserErr
        clear
        {app=a} lvl=error|took=oops|size=oops @ 20s x4/20s
        {app=a} lvl=info|took=2s|size=3MB @ 30s x2/20s
        {app=b} took=oops|size=3MB @ 20s x4/20s
        {app=b} took=2s|size=500KB @ 30s x2/20s
        instant 60s count_over_time({app="a"} | logfmt | lvl="error" or took > 1s [1m])
          {app=a, lvl=error, size=oops, took=oops} 3
          {app=a, lvl=info, size=3MB, took=2s} 2
        instant 60s count_over_time({app="a"} | logfmt | took > 1s or lvl="error" [1m])
          fail LabelFilterErr
        instant 60s count_over_time({app="a"} | logfmt | lvl="error" and took > 1s [1m])
          fail LabelFilterErr
        instant 60s count_over_time({app="b"} | logfmt | took > 1s and size < 1MB [1m])
          {app=b, size=500KB, took=2s} 2
        instant 60s count_over_time({app="b"} | logfmt | __error_details__="" | took > 1s [1m])
          fail LabelFilterErr
        lines {app="a"} | logfmt | took > 1s and size > 1MB | __error__!=""
          {__error__=LabelFilterErr, __error_details__=time: invalid duration "oops", app=a, lvl=error, size=oops, took=oops} lvl=error|took=oops|size=oops
          {__error__=LabelFilterErr, __error_details__=time: invalid duration "oops", app=a, lvl=error, size=oops, took=oops} lvl=error|took=oops|size=oops
          {__error__=LabelFilterErr, __error_details__=time: invalid duration "oops", app=a, lvl=error, size=oops, took=oops} lvl=error|took=oops|size=oops
          {__error__=LabelFilterErr, __error_details__=time: invalid duration "oops", app=a, lvl=error, size=oops, took=oops} lvl=error|took=oops|size=oops
        """).Run();

    [Fact]
    public void Empty_labels_are_labels() => new LogScript("""
        {app=p} name=alpha @ 20s x4/20s
        {app=p} name= @ 30s x2/20s
        {app=p} other=1 @ 15s x5/15s
        {app=j} {"user":{"id":"u1"}} @ 20s x4/20s
        {app=m} x @ 30s x2/20s [name=]
        {app=m} x @ 15s x5/15s
        instant 60s count_over_time({app="p"} | logfmt | name="" [1m])
          {app=p} 2
          {app=p, other=1} 4
        instant 60s count_over_time({app="p"} | logfmt --keep-empty | name="" [1m])
          {app=p, name=} 2
          {app=p, other=1} 4
        instant 60s count_over_time({app="p"} | logfmt --keep-empty | name=~".+" [1m])
          {app=p, name=alpha} 3
        instant 60s count_over_time({app="j"} | json age="user.age" [1m])
          {age=, app=j} 3
        instant 60s count_over_time({app="j"} | json bad="user[" [1m])
          fail cannot parse expression
        instant 60s count_over_time({app="m"} | name="" [1m])
          {app=m, name=} 2
          {app=m} 4
        """).Run();

    [Fact]
    public void Names_that_clash() => new LogScript("""
        {app=a,sp=s,sm=s,tri=s} sp=p|mp=p|tri=p @ 20s x3/20s [mp=m,sm=m,tri=m]
        instant 60s count_over_time({app="a"} | logfmt [1m])
          {app=a, mp=m, mp_extracted=p, sm=s, sm_extracted=m, sp=s, sp_extracted=p, tri=s, tri_extracted=p} 3
        instant 60s count_over_time({app="a"} | logfmt sp, mp, sm, tri [1m])
          {app=a, mp=m, mp_extracted=p, sm=s, sm_extracted=m, sp=s, sp_extracted=p, tri=s, tri_extracted=p} 3
        instant 60s sum(count_over_time({app="a"} | logfmt | sm="s" and sm_extracted="m" [1m]))
          {} 3
        instant 60s sum(count_over_time({app="a"} | logfmt | tri="s" and tri_extracted="p" [1m]))
          {} 3
        instant 60s count_over_time({app="a"} | logfmt | tri_extracted="m" [1m])
        instant 60s count_over_time({app="a"} | logfmt | sp="p" [1m])
        """).Run();

    [Fact]
    public void Errors_that_a_query_asks_for() => new LogScript("""
        {app=a,pod=p1} {"ok":1} @ 20s [n=5]
        {app=a,pod=p2} { @ 40s [n=7]
        {app=a,pod=p2} { @ 50s [n=9]
        {app=b,pod=p1} {"v":10} @ 20s [n=10]
        {app=b,pod=p1} { @ 40s [n=abc]
        instant 60s first_over_time({app="a"} | json | unwrap n [1m]) by (pod)
          fail JSONParserErr
        instant 60s first_over_time({app="a"} | json | __error__="" | unwrap n [1m]) by (pod)
          {pod=p1} 5
        instant 60s first_over_time({app="a"} | json | __error__="JSONParserErr" | unwrap n [1m]) by (pod)
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true, pod=p2} 7
        instant 60s first_over_time({app="a"} | json | __error__="JSONParserErr" | unwrap n [1m]) by ()
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true} 7
        instant 60s first_over_time({app="a"} | json | unwrap n | __error__!="" [1m]) by (pod)
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true, pod=p2} 7
        instant 60s sum by (pod) (count_over_time({app="a"} | json | __error__!="" [1m]))
          {pod=p2} 2
        instant 60s max by (pod) (count_over_time({app="a"} | json | __error__!="" [1m]))
          {pod=p2} 1
        instant 60s first_over_time({app="b"} | json | __error__=~".*" | unwrap n [1m]) by (pod)
          {pod=p1} 10
          {__error__=SampleExtractionErr, __error_details__=strconv.ParseFloat: parsing "abc": invalid syntax, __preserve_error__=true, pod=p1} 0
        instant 60s count by (pod) (sum_over_time({app="b"} | json | __error__=~".*" | unwrap n [1m]))
          {pod=p1} 2
        instant 60s min (avg_over_time({app="b"} | json | __error__=~".*" | unwrap n [1m]))
          {} 0
        instant 60s sum by (__error__) (count_over_time({app="a"} | json [1m]))
          {} 1
          {__error__=JSONParserErr} 2
        instant 60s sum by (__error__, __error_details__) (count_over_time({app="a"} | json [1m]))
          {} 1
          {__error__=JSONParserErr, __error_details__=Malformed JSON error} 2
        instant 60s sum by (__error_details__) (count_over_time({app="a"} | json | __error__!="" [1m]))
          {__error_details__=Malformed JSON error} 2
        instant 60s sum by (__error_details__) (count_over_time({app="a"} | json [1m]))
          fail JSONParserErr
        instant 60s sum without (pod) (count_over_time({app="a"} | json | __error__!="" [1m]))
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true, app=a, n=7} 1
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true, app=a, n=9} 1
        instant 60s max (count_over_time({app="a"} | json | __error__!="" [1m]))
          {} 1
        instant 60s sum without (pod) (count_over_time({app="a"} | json | n!="9" [1m]))
          fail JSONParserErr
        instant 60s first_over_time({app="a"} | json | __error__!="zzz" | unwrap n [1m]) by (pod)
          {pod=p1} 5
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true, pod=p2} 7
        instant 60s first_over_time({app="a"} | label_format __error_details__="mine" | json | __error__!="" | unwrap n [1m]) by (__error_details__)
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true} 7
        instant 60s first_over_time({app="a"} | json | __error__!="" | drop __preserve_error__ | unwrap n [1m]) by (pod)
          fail JSONParserErr
        instant 60s first_over_time({app="a"} | json | __error__!="" | drop __preserve_error__="true" | unwrap n [1m]) by (pod)
          fail JSONParserErr
        instant 60s count_over_time({app="a"} | json | __error_details__="" [1m])
          fail JSONParserErr
        lines {app="a"} | json | __error_details__!=""
        lines {app="a"} | json | __error_details__="" | __error__!="" | label_format why="{{.__error_details__}}" | drop n
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, app=a, pod=p2, why=Malformed JSON error} {
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, app=a, pod=p2, why=Malformed JSON error} {
        lines {app="a"} | json | label_format why=__error__ | __error__!="" | drop n
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, app=a, pod=p2} {
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, app=a, pod=p2} {
        clear
        {app=c,pod=p3} { @ 40s [n=9,__preserve_error__=true]
        {app=d} took=oops @ 20s [v=oops]
        instant 60s first_over_time({app="c"} | json | unwrap n [1m]) by (pod)
          fail JSONParserErr
        instant 60s first_over_time({app="c"} | json | __error__!="" | unwrap n [1m]) by (pod)
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true, pod=p3} 9
        instant 60s count_over_time({app="d"} | logfmt | took > 1s | __error__!="" [1m])
          fail LabelFilterErr
        instant 60s sum_over_time({app="d"} | unwrap v | __error__!="" [1m])
          fail SampleExtractionErr
        instant 60s sum(count_over_time({app="d"} | logfmt | line_format "{{ div 1 0 }}" | __error__!="" [1m]))
          fail TemplateFormatErr
        lines {app="d"} | unpack
          {__error__=JSONParserErr, __error_details__=expecting json object(6), but it is not, app=d, v=oops} took=oops
        lines {app="d"} | logfmt | (nosuch="x" and took > 1s) or app="d"
          {__error__=LabelFilterErr, __error_details__=time: invalid duration "oops", app=d, took=oops, v=oops} took=oops
        """).Run();

    [Fact]
    public void Operators() => new LogScript("""
        {app=foo} x @ 0s x19/10s
        {app=bar} x @ 0s x10/20s
        {app=a,k=nan} v=NaN @ 30s
        {app=a,k=pinf} v=Inf @ 30s
        {app=a,k=zero} v=0 @ 30s
        {app=a,k=neg} v=-1 @ 30s
        instant 60s 1+1--1
          3
        instant 60s -2^2
          4
        instant 60s -10 / 0
          NaN
        instant 60s 10 % 0
          NaN
        instant 60s 2 % 2^3
          2
        instant 60s 10 / 5 / 2
          1
        instant 60s 2 == bool 1
          0
        instant 60s 4 > count_over_time({app=~"foo|bar"}[1m])
          {app=bar} 3
        instant 60s 6 == bool count_over_time({app=~"foo|bar"}[1m])
          {app=foo} 1
          {app=bar} 0
        range 60s 180s 30s 16 % count_over_time({app="foo"}[1m])
          {app=foo} 4 4 4 4 4
        instant 60s count_over_time({app="foo"}[1m]) % 0
          {app=foo} NaN
        instant 60s max_over_time({app="a", k="nan"} | logfmt | unwrap v [1m]) ^ 0
          {app=a, k=nan} 1
        instant 60s max_over_time({app="a", k="pinf"} | logfmt | unwrap v [1m]) ^ 0
          {app=a, k=pinf} 1
        instant 60s max_over_time({app="a", k="zero"} | logfmt | unwrap v [1m]) ^ -2
          {app=a, k=zero} +Inf
        instant 60s max_over_time({app="a", k="neg"} | logfmt | unwrap v [1m]) ^ 0.5
          {app=a, k=neg} NaN
        range 60s 120s 30s (vector(1) / vector(0)) + 1
          {} NaN NaN NaN
        instant 60s rate({app="foo"}[1m]) or vector(0)
          {app=foo} 0.1
          {} 0
        """).Run();

    [Fact]
    public void Rates_of_counters() => new LogScript("""
        {app=a} c=100 @ 90s
        {app=a} c=130 @ 120s
        {app=a} c=160 @ 150s
        {app=a} c=250 @ 180s
        {app=a} c=280 @ 210s
        {app=a} c=340 @ 240s
        {app=a} c=400 @ 330s
        {app=a} c=430 @ 360s
        {app=a} noise @ 15s x18/30s
        {app=b} c=600 @ 150s
        {app=b} c=660 @ 180s
        {app=c} c=40 @ 180s
        {app=c} c=100 @ 210s
        {app=d} c=30 @ 75s
        {app=d} c=90 @ 105s
        range 60s 300s 60s rate_counter({app="a"} | logfmt | unwrap c [1m])
          {app=a} _ 1 3 2 _
        range 240s 360s 60s rate_counter({app="a"} | logfmt | unwrap c [3m])
          {app=a} 1.6 1.5 1
        instant 90s rate_counter({app="a"} | logfmt | unwrap c [10s])
          {app=a} 0
        instant 180s rate_counter({app="b"} | logfmt | unwrap c [90s])
          {app=b} 1
        instant 240s rate_counter({app="b"} | logfmt | unwrap c [150s])
          {app=b} 0.8
        instant 210s rate_counter({app="c"} | logfmt | unwrap c [90s])
          {app=c} 1
        instant 105s rate_counter({app="d"} | logfmt | unwrap c [1m])
          {app=d} 1.5
        """).Run();

    [Fact]
    public void Formats_drop_and_keep() => new LogScript("""
        {app=a,code=500} {"ok":1} @ 20s [v=5]
        {app=a,code=500} { @ 40s [v=7]
        {app=b,code=500,zone=eu} x @ 20s x4/20s
        {app=b,code=200,zone=eu} x @ 30s x2/20s
        {app=b,zone=eu} x @ 30s x2/20s [code=300]
        instant 60s count_over_time({app="b"} | drop code, zone [1m])
          {app=b} 7
        instant 60s count_over_time({app="b"} | drop code="500" [1m])
          {app=b, zone=eu} 3
          {app=b, code=200, zone=eu} 2
          {app=b, code=300, zone=eu} 2
        instant 60s count_over_time({app="b"} | keep code="500" [1m])
          {code=500} 3
          {} 4
        instant 60s count_over_time({app="b"} | drop [1m])
          fail expecting IDENTIFIER
        instant 60s count_over_time({app="b"} | label_format verb=code [1m])
          {app=b, verb=500, zone=eu} 3
          {app=b, verb=200, zone=eu} 2
          {app=b, verb=300, zone=eu} 2
        instant 60s bytes_over_time({app="b", code="500"} | line_format `{{ printf "\x1b[31m%s\x1b[0m" .code }}` [1m])
          {app=b, code=500, zone=eu} 36
        instant 60s bytes_over_time({app="b", code="500"} | line_format `{{ printf "\x1b[31m%s\x1b[0m" .code }}` | decolorize [1m])
          {app=b, code=500, zone=eu} 9
        lines {app="a"} | json | drop __error__
          {app=a, code=500, ok=1, v=5} {"ok":1}
          {__error_details__=Malformed JSON error, app=a, code=500, v=7} {
        lines {app="a"} | json | drop __error_details__
          {app=a, code=500, ok=1, v=5} {"ok":1}
          {__error__=JSONParserErr, app=a, code=500, v=7} {
        lines {app="a"} | json | drop __error__="OtherErr"
          {app=a, code=500, ok=1, v=5} {"ok":1}
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, app=a, code=500, v=7} {
        lines {app="a"} | label_format __error_details__="mine" | json | __error__!=""
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, app=a, code=500, v=7} {
        lines {app="a"} | regexp `(?P<__error__>.)` | json | __error__!=""
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, app=a, code=500, v=7} {
        lines {app="a"} | json | drop __error_details__="Malformed JSON error"
          {app=a, code=500, ok=1, v=5} {"ok":1}
          {__error__=JSONParserErr, app=a, code=500, v=7} {
        lines {app="a"} | json | keep code
          {code=500} {"ok":1}
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, code=500} {
        lines {app="a"} | json | keep __error__
          {} {"ok":1}
          {__error__=JSONParserErr, __error_details__=Malformed JSON error} {
        lines {app="a"} | label_format __error_details__="mine"
          {__error_details__=mine, app=a, code=500, v=5} {"ok":1}
          {__error_details__=mine, app=a, code=500, v=7} {
        instant 60s first_over_time({app="a"} | json | drop __error__ | unwrap v [1m]) by (code)
          {code=500} 5
        instant 60s first_over_time({app="a"} | json | drop __error_details__ | unwrap v [1m]) by (code)
          fail JSONParserErr
        instant 60s first_over_time({app="a"} | json | keep __error__, v | unwrap v [1m]) by (code)
          fail JSONParserErr
        instant 60s first_over_time({app="a"} | json | __error__!="" | drop __error__ | unwrap v [1m]) by (code)
          {code=500} 7
        instant 60s first_over_time({app="a"} | json | __error__!="" | keep code, v | unwrap v [1m]) by (code)
          {__error__=JSONParserErr, __error_details__=Malformed JSON error, __preserve_error__=true, code=500} 7
        """).Run();

    [Fact]
    public void Replaced_labels_and_conversions() => new LogScript("""
        {app=foo,tier=1} xbar @ 0s x13/10s
        {app=foobar,tier=2} xbar @ 0s x13/10s
        {app=a,k=s} k=p @ 20s x3/20s [k=m]
        {unit=kib} b=1KiB|d=1.5h @ 10s x18/10s
        {unit=mixed} b=2Kb|d=-5s @ 10s x18/10s
        {unit=comma} b=2,048|d=1h30m @ 10s x18/10s
        {unit=frac} b=1.5B|d=500ms @ 10s x18/10s
        {unit=bad} b=1XB|d=1d @ 10s x18/10s
        instant 60s label_replace(count_over_time({app=~"foo.*"}[1m]), "new", "$1", "app", "(fo)o")
          {app=foo, new=fo, tier=1} 6
          {app=foobar, tier=2} 6
        instant 60s label_replace(count_over_time({app=~"foo.*"}[1m]), "app", "$1", "app", "foo(.*)")
          {tier=1} 6
          {app=bar, tier=2} 6
        instant 60s label_replace(count_over_time({app=~"foo.*"}[1m]), "region", "eu", "missing", ".*")
          {app=foo, region=eu, tier=1} 6
          {app=foobar, region=eu, tier=2} 6
        instant 60s label_replace(count_over_time({app="a"} | logfmt [1m]), "out", "$1", "k_extracted", "(.*)")
          {app=a, k=s, k_extracted=p, out=p} 3
        instant 60s label_replace(count_over_time({app="a"} [1m]), "out", "$1", "k_extracted", "(.*)")
          {app=a, k=s, k_extracted=m, out=m} 3
        instant 120s max_over_time({unit=~"kib|mixed|comma|frac"} | logfmt | unwrap bytes(b) [1m]) by (unit)
          {unit=kib} 1024
          {unit=mixed} 2000
          {unit=comma} 2048
          {unit=frac} 1
        instant 120s max_over_time({unit=~"kib|mixed|comma|frac"} | logfmt | unwrap duration(d) [1m]) by (unit)
          {unit=kib} 5400
          {unit=mixed} -5
          {unit=comma} 5400
          {unit=frac} 0.5
        instant 60s max_over_time({unit="bad"} | logfmt | unwrap bytes(b) [1m]) by (unit)
          fail SampleExtractionErr
        instant 60s max_over_time({unit="bad"} | logfmt | unwrap duration(d) | __error__="" [1m]) by (unit)
        """).Run();

    [Fact]
    public void Functions_over_a_range() => new LogScript("""
        {app=a,c=nan} v=7 @ 20s
        {app=a,c=nan} v=NaN @ 40s
        {app=a,c=posinf} v=+Inf @ 20s
        {app=a,c=posinf} v=5 @ 40s
        {app=a,c=mixinf} v=+Inf @ 20s
        {app=a,c=mixinf} v=-Inf @ 40s
        {app=a,c=lead} v=NaN @ 20s
        {app=a,c=lead} v=7 @ 30s
        {app=a,c=lead} v=13 @ 40s
        {app=a,c=allnan} v=NaN @ 20s
        {app=a,c=allnan} v=NaN @ 40s
        {app=q} v=1 @ 10s
        {app=q} v=2 @ 20s
        {app=q} v=3 @ 30s
        {app=q} v=4 @ 40s
        {app=q} v=5 @ 50s
        {app=q} noise @ 25s
        {app=w,pod=1} v=2 @ 15s
        {app=w,pod=1} v=5 @ 16s
        {app=w,pod=1} v=8 @ 19s
        {app=w,pod=2} v=20 @ 36s
        {app=s} keep @ 0.1s x6/0.2s
        instant 60s avg_over_time({app="a"} | logfmt | unwrap v [1m])
          {app=a, c=nan} NaN
          {app=a, c=posinf} +Inf
          {app=a, c=mixinf} NaN
          {app=a, c=lead} NaN
          {app=a, c=allnan} NaN
        instant 60s min_over_time({app="a", c=~"lead|allnan"} | logfmt | unwrap v [1m])
          {app=a, c=lead} 7
          {app=a, c=allnan} NaN
        instant 60s max_over_time({app="a", c=~"lead|allnan|posinf"} | logfmt | unwrap v [1m])
          {app=a, c=lead} 13
          {app=a, c=allnan} NaN
          {app=a, c=posinf} +Inf
        instant 60s last_over_time({app="a", c="nan"} | logfmt | unwrap v [1m])
          {app=a, c=nan} NaN
        instant 60s quantile_over_time(0.4, {app="q"} | logfmt | unwrap v [1m])
          {app=q} 2.6
        range 20s 50s 30s quantile_over_time(0.5, {app="q"} | logfmt | unwrap v [15s])
          {app=q} 1.5 4.5
        instant 60s quantile_over_time(1.5, {app="q"} | logfmt | unwrap v [1m])
          {app=q} +Inf
        instant 60s quantile_over_time(-0.1, {app="q"} | logfmt | unwrap v [1m])
          fail unexpected -
        instant 60s quantile_over_time(0.5, {app="a", c="allnan"} | logfmt | unwrap v [1m]) by (app)
          {app=a} NaN
        range 20s 40s 20s first_over_time({app="w"} | logfmt | unwrap v [5s]) by (pod)
          {pod=1} 5 _
          {pod=2} _ 20
        range 20s 40s 20s last_over_time({app="w"} | logfmt | unwrap v [5s]) by (pod)
          {pod=1} 8 _
          {pod=2} _ 20
        instant 60s avg_over_time({app="w"} | logfmt | unwrap v | v > 3 [1m]) by (pod)
          {pod=1} 6.5
          {pod=2} 20
        instant 60s avg_over_time({app="w"} | logfmt | drop pod | unwrap v [1m]) by (pod)
          {} 8.75
        instant 0.5s rate({app="s"} |= "keep" [500ms])
          {app=s} 6
        range 60s 180s 60s absent_over_time({app="q"} |= "v" [1m])
          {app=q} _ 1 1
        """).Run();

    [Fact]
    public void What_is_no_number_is_compared_and_sorted() => new LogScript("""
        {app=a,k=fin} v=2 @ 30s
        {app=a,k=nan} v=NaN @ 30s
        {app=a,k=pinf} v=Inf @ 30s
        {app=a,k=ninf} v=-Inf @ 30s
        instant 60s max_over_time({app="a", k="nan"} | logfmt | unwrap v [1m]) > 1
        instant 60s 1 > max_over_time({app="a", k="nan"} | logfmt | unwrap v [1m])
        instant 60s max_over_time({app="a", k="nan"} | logfmt | unwrap v [1m]) != 1
          {app=a, k=nan} NaN
        instant 60s max_over_time({app="a", k="nan"} | logfmt | unwrap v [1m]) > bool 1
          {app=a, k=nan} 0
        instant 60s max_over_time({app="a", k="pinf"} | logfmt | unwrap v [1m]) > bool ignoring (k) max_over_time({app="a", k="ninf"} | logfmt | unwrap v [1m])
          {app=a} 1
        instant 60s max_over_time({app="a", k="pinf"} | logfmt | unwrap v [1m]) > ignoring (k) max_over_time({app="a", k="ninf"} | logfmt | unwrap v [1m])
          {app=a} +Inf
        instant 60s max_over_time({app="a", k="nan"} | logfmt | unwrap v [1m]) == ignoring (k) max_over_time({app="a", k="fin"} | logfmt | unwrap v [1m])
        instant 60s topk(1, max_over_time({app="a", k=~"ninf|nan"} | logfmt | unwrap v [1m]))
          {app=a, k=ninf} -Inf
        instant 60s bottomk(1, max_over_time({app="a", k=~"pinf|nan"} | logfmt | unwrap v [1m]))
          {app=a, k=pinf} +Inf
        instant 60s max(max_over_time({app="a", k=~"ninf|nan"} | logfmt | unwrap v [1m]))
          {} -Inf
        instant 60s min(max_over_time({app="a", k=~"pinf|nan"} | logfmt | unwrap v [1m]))
          {} +Inf
        instant 60s avg(max_over_time({app="a", k=~"fin|pinf"} | logfmt | unwrap v [1m]))
          {} +Inf
        instant 60s sum(max_over_time({app="a", k=~"pinf|ninf"} | logfmt | unwrap v [1m]))
          {} NaN
        instant 60s stddev(max_over_time({app="a", k=~"fin|pinf"} | logfmt | unwrap v [1m]))
          {} NaN
        instant 60s stdvar(max_over_time({app="a", k=~"fin|nan"} | logfmt | unwrap v [1m]))
          {} NaN
        instant 60s count(max_over_time({app="a"} | logfmt | unwrap v [1m]))
          {} 4
        """).Run();

    [Fact]
    public void Series_are_matched() => new LogScript("""
        {app=requests,pod=a} x @ 0s x19/10s
        {app=requests,pod=b} x @ 0s x19/15s
        {app=errors,pod=a} x @ 0s x10/20s
        {app=errors,pod=c} x @ 0s x10/30s
        {app=foo,machine=fuzz} x @ 0s x19/10s
        {app=foo,machine=buzz} x @ 0s x19/15s
        instant 60s count_over_time({app="requests"}[1m]) or on (pod) (count_over_time({app="errors"}[1m]) * 100)
          {app=requests, pod=a} 6
          {app=requests, pod=b} 4
          {app=errors, pod=c} 200
        instant 60s count_over_time({app="requests"}[1m]) unless on (pod) count_over_time({app="errors"}[1m])
          {app=requests, pod=b} 4
        instant 60s count_over_time({app="requests"}[1m]) and on () vector(1)
          {app=requests, pod=a} 6
          {app=requests, pod=b} 4
        instant 60s count_over_time({app="requests"}[1m]) and on () count_over_time({app="missing"}[1m])
        instant 60s count_over_time({app="requests"}[1m]) unless on () vector(1)
        instant 60s sum by (app,machine) (count_over_time({app="foo", machine="fuzz"}[1m])) + on () sum by (app) (count_over_time({app="foo"}[1m]))
          {} 16
        instant 60s sum by (app,machine) (count_over_time({app="foo"}[1m])) > bool ignoring (machine) sum by (app) (count_over_time({app="foo"}[1m]))
          fail many-to-one matching must be explicit (group_left/group_right)
        instant 60s sum by (app,machine) (count_over_time({app="foo"}[1m])) > bool on () group_left () sum by (app) (count_over_time({app="foo"}[1m]))
          {app=foo, machine=fuzz} 0
          {app=foo, machine=buzz} 0
        instant 60s sum by (app,machine) (count_over_time({app="foo"}[1m])) < on () group_left sum by (app) (count_over_time({app="foo"}[1m]))
          {app=foo, machine=fuzz} 6
          {app=foo, machine=buzz} 4
        instant 60s rate({app="requests", pod="a"}[1m]) or rate({app="errors"}[1m]) and vector(0)
          {app=requests, pod=a} 0.1
        instant 60s topk(1, count_over_time({app=~"requests|errors"}[1m])) by (app)
          {app=requests, pod=a} 6
          {app=errors, pod=a} 3
        """).Run();

    [Fact]
    public void Parsers_and_line_filters() => new LogScript("""
        {app=a,method=stream} PUT|/x @ 20s x3/20s
        {app=p,method=stream} POST @ 20s x3/20s
        {app=u,lvl=stream} {"lvl":"packed","num":5,"_entry":"code=42"} @ 20s x3/20s
        {app=l} level=error|x @ 20s x4/20s
        {app=l} level=warn|y @ 25s x4/20s
        {app=l} level=info|z @ 35s x2/20s
        instant 60s count_over_time({app="a"} | regexp `(?P<num>\d+)` [1m])
          {app=a, method=stream} 3
        instant 60s count_over_time({app="a"} | regexp `(?P<method>\w+) (?P<path>\S+)` [1m])
          {app=a, method=stream, method_extracted=PUT, path=/x} 3
        instant 60s count_over_time({app="a"} | regexp `nocapture` [1m])
          fail at least one named capture must be supplied
        instant 60s count_over_time({app="a"} | regexp `(?P<x>.)(?P<x>.)` [1m])
          fail duplicate
        instant 60s count_over_time({app="a"} | regexp `(` [1m])
          fail error parsing regexp
        instant 60s count_over_time({app="p"} | pattern `<method> <path>` [1m])
          {app=p, method=stream, method_extracted=POST} 3
        instant 60s count_over_time({app="a"} | pattern `no captures here` [1m])
          fail at least one capture is required
        instant 60s count_over_time({app="u"} | unpack | logfmt [1m])
          {app=u, code=42, lvl=stream, lvl_extracted=packed} 3
        instant 60s sum(count_over_time({app="l"} |= "error" or "warn" [1m]))
          {} 5
        instant 60s count_over_time({app="l"} != "error" or "warn" [1m])
          {app=l} 2
        instant 60s count_over_time({app="l"} !~ "err.r" or "wa.n" [1m])
          {app=l} 2
        instant 60s sum(count_over_time({app="l"} |> "level=error <_>" or "level=warn <_>" [1m]))
          {} 5
        instant 60s count_over_time({app="l"} |> "level=error" [1m])
        instant 60s count_over_time({app="l"} |= ip("notanip") [1m])
          fail invalid pattern
        """).Run();

    [Fact]
    public void Many_to_one() => new LogScript("""
        {app=foo,machine=fuzz,pool=foo} x @ 0s x19/10s
        {app=foo,machine=buzz,pool=foo} x @ 0s x19/15s
        {app=bar,machine=fuzz} x @ 0s x19/10s
        {app=bar,machine=buzz} x @ 0s x19/10s
        {app=bar,pool=z1} x @ 0s x19/10s
        {app=bar,pool=z2} x @ 0s x19/10s
        {app=zoo,pool=a} x @ 0s x19/10s
        {app=zoo,pool=b} x @ 0s x19/10s
        {app=zoo,pool=z,side=one} x @ 0s x19/10s
        {app=few} x @ 0s x7/10s
        instant 60s sum by (app,machine) (count_over_time({app="foo"}[1m])) > bool on (app) group_left (pool) sum by (app,pool) (count_over_time({app="foo"}[1m]))
          {app=foo, machine=fuzz, pool=foo} 0
          {app=foo, machine=buzz, pool=foo} 0
        instant 60s count_over_time({app="foo"}[1m]) / on (app) group_left sum by (app) (count_over_time({app="foo"}[1m]))
          {app=foo, machine=fuzz, pool=foo} 0.6
          {app=foo, machine=buzz, pool=foo} 0.4
        instant 60s sum by (app,machine,pool) (count_over_time({app="foo"}[1m])) > bool on (app) group_left (pool) sum by (app) (count_over_time({app="foo"}[1m]))
          {app=foo, machine=fuzz} 0
          {app=foo, machine=buzz} 0
        instant 60s sum by (app,machine) (count_over_time({app="bar", machine=~".+"}[1m])) > bool on (app) group_left sum by (app,pool) (count_over_time({app="bar", pool=~".+"}[1m]))
          fail found duplicate series on the right hand-side
        instant 60s sum by (app,pool) (count_over_time({app="bar", pool=~".+"}[1m])) > bool on (app) group_right sum by (app,machine) (count_over_time({app="bar", machine=~".+"}[1m]))
          fail found duplicate series on the left hand-side
        instant 60s sum by (app) (count_over_time({app="foo"}[1m])) >= bool ignoring (machine) sum by (app,machine) (count_over_time({app="foo"}[1m]))
          fail found duplicate series on the right hand-side
        instant 60s sum by (app,pool) (count_over_time({app="zoo", pool=~"a|b"}[1m])) > bool on (app) group_left (pool) sum by (app,pool) (count_over_time({app="zoo", side="one"}[1m]))
          fail grouping labels must ensure unique matches
        instant 60s sum by (app) (count_over_time({app="foo"}[1m])) > on () group_right sum by (app,machine) (count_over_time({app="foo"}[1m]))
          {app=foo, machine=fuzz} 10
          {app=foo, machine=buzz} 10
        instant 60s sum by (app) (count_over_time({app="foo"}[1m])) > bool on (app) group_right (pool) sum by (app,machine,pool) (count_over_time({app="foo"}[1m]))
          {app=foo, machine=fuzz} 1
          {app=foo, machine=buzz} 1
        range 60s 180s 30s sum(rate({app="few"}[1m])) or vector(0)
          {} 0.1 0.05 0 0 0
        range 60s 180s 60s rate({app="few"}[1m]) or vector(0)
          {app=few} 0.1 _ _
          {} 0 0 0
        """).Run();

    [Fact]
    public void Absent_and_deviating() => new LogScript("""
        {job=x,env=prod} present @ 60s
        {app=a,c=single} v=5 @ 30s
        {app=a,c=constant} v=4 @ 20s x3/10s
        {app=a,c=vary} v=2 @ 20s
        {app=a,c=vary} v=6 @ 40s
        {app=a,c=nan} v=5 @ 20s
        {app=a,c=nan} v=NaN @ 40s
        {app=p} name=parsed @ 10s
        {app=p} name=other @ 20s
        range 120s 240s 120s absent_over_time({job="x", env=~".+"}[1m])
          {job=x} 1 1
        instant 120s absent_over_time({job="x", env=~".+"}[1m] offset 60s)
        instant 60s absent_over_time({app="p"} | logfmt | unwrap v [1m])
          {app=p} 1
        instant 60s stdvar_over_time({app="a"} | logfmt | unwrap v [1m])
          {app=a, c=single} 0
          {app=a, c=constant} 0
          {app=a, c=vary} 4
          {app=a, c=nan} NaN
        instant 60s stddev_over_time({app="a", c=~"single|vary"} | logfmt | unwrap v [1m]) by (app)
          {app=a} 1.69967317
        lines {app="p"} | logfmt | name=""
        lines {app="p"} | name="" | logfmt
          {app=p, name=parsed} name=parsed
          {app=p, name=other} name=other
        """).Run();

    [Fact]
    public void Variants_read_the_lines_once()
    {
        var world = new LogWorld();
        for (var i = 0; i < 10; i++)
        {
            world.Line(i, "app=a", $"level={(i % 2 == 0 ? "info" : "warn")} n={i}");
        }

        (string Values, long Lines) Ask(string variants)
        {
            var result = world.Engine.Query($$"""variants({{variants}}) of ({app="a"} | logfmt [1m])""", LogWorld.At(30), CancellationToken.None);
            return (string.Join('|', result.Series.Select(static s => $"{s.Labels} {s.Values[0]:0.####}")), result.Statistics.LinesProcessed);
        }

        Ask("""sum by (level) (count_over_time({app="a"}[1m])), sum by (level) (bytes_over_time({app="a"}[1m])), sum by (level) (rate({app="a"}[1m]))""").ShouldBe((
            """{__variant__="0", level="info"} 5|{__variant__="0", level="warn"} 5|{__variant__="1", level="info"} 70|{__variant__="1", level="warn"} 70|{__variant__="2", level="info"} 0.0833|{__variant__="2", level="warn"} 0.0833""", 10));
        Ask("""sum by (level) (count_over_time({app="a"}[1m])) / sum by (level) (count_over_time({app="a"}[1m])), sum(count_over_time({app="a"}[1m]))""").ShouldBe((
            """{__variant__="0", level="info"} 1|{__variant__="0", level="warn"} 1|{__variant__="1"} 10""", 20));
        Ask("""sum(sum_over_time({app="a"} | unwrap n [1m])), sum(count_over_time({app="a"} | level="warn" [1m])), sum(count_over_time({app="a"} | level="warn" [1m]))""").ShouldBe((
            """{__variant__="0"} 45|{__variant__="1"} 5|{__variant__="2"} 5""", 10));

        // What differs in its filters is not the same, and counts that need no lines do not take them from others.
        Ask("""sum(count_over_time({app="a"} |= "warn" [1m])), sum(count_over_time({app="a"} |= "n=9" [1m])), sum(count_over_time({app="a"} | n > 3 [1m])), sum(count_over_time({app="a"} | n > 4 [1m]))""").Values.ShouldBe(
            """{__variant__="0"} 5|{__variant__="1"} 1|{__variant__="2"} 6|{__variant__="3"} 5""");
        var bare = world.Engine.Query("""variants(sum(count_over_time({app="a"}[1m])), sum(bytes_over_time({app="a"}[1m]))) of ({app="a"}[1m])""", LogWorld.At(30), CancellationToken.None);
        bare.Series.Select(static s => s.Values[0]).ShouldBe([10, 140]);
        bare = world.Engine.Query("""variants(sum(bytes_over_time({app="a"}[1m])), sum(count_over_time({app="a"}[1m]))) of ({app="a"}[1m])""", LogWorld.At(30), CancellationToken.None);
        bare.Series.Select(static s => s.Values[0]).ShouldBe([140, 10]);
    }
}
