using Sightglass.Query.PromQL;
using Sightglass.Query.PromQL.Scripts;

namespace Sightglass.Query.Tests.PromQL;

/// <summary>What becomes of metric names where two vectors meet, with names that are dropped at once and at the end.</summary>
public class MatchedNamesTests
{
    private const string Load = """
        load 1m
          ask{shop="a"} 6
          ask{shop="b"} 8
          bid{shop="a"} 3
          bid{shop="b"} 4
          fee{shop="a", kind="x"} 2


        """;

    private const string Both = "{__name__=~\"ask|bid\", shop=\"a\"}";
    private const string AtOnce = "features none";
    private const string AtTheEnd = "features promql-delayed-name-removal";
    private const string Same = "  expect fail msg: vector cannot contain metrics with the same labelset";

    [Fact]
    public void A_filter_gives_back_the_name_that_a_group_brings_though_it_was_to_be_dropped()
    {
        const string Query = "ask{shop=\"a\"} > on (shop) group_left (__name__) abs(bid)";
        Run(Query, AtOnce, "  {shop=\"a\"} 6");
        Run(Query, AtTheEnd, "  bid{shop=\"a\"} 6");
    }

    [Theory]
    [InlineData("ask / on (shop) group_left (__name__) bid", "  bid{shop=\"a\"} 2\n  bid{shop=\"b\"} 2")]
    [InlineData("ask > on (shop) group_left (__name__) bid", "  bid{shop=\"a\"} 6\n  bid{shop=\"b\"} 8")]
    [InlineData("ask > bool on (shop) group_left (__name__) bid", "  {shop=\"a\"} 1\n  {shop=\"b\"} 1")]
    [InlineData("ask < bool on (shop) group_right (__name__) fee", "  {shop=\"a\", kind=\"x\"} 0")]
    [InlineData("abs(ask) > on (shop) group_left (__name__) bid", "  bid{shop=\"a\"} 6\n  bid{shop=\"b\"} 8")]
    [InlineData("sum by (__name__) (ask - on (shop) bid)", "  {} 7")]
    [InlineData("label_replace(ask{shop=\"a\"} - on (shop) bid, \"was\", \"$1\", \"__name__\", \"(.+)\")", "  {shop=\"a\"} 3")]
    public void Arithmetic_drops_the_name_at_once_and_a_group_brings_one(string query, string result)
    {
        Run(query, AtOnce, result);
        Run(query, AtTheEnd, result);
    }

    [Theory]
    [InlineData(Both + " + on (__name__) " + Both)]
    [InlineData(Both + " == bool on (__name__) " + Both)]
    [InlineData(Both + " * on (__name__, shop) group_left () " + Both)]
    public void Results_that_only_the_name_kept_apart_are_the_same(string query)
    {
        Run(query, AtOnce, Same);
        Run(query, AtTheEnd, Same);
    }

    [Theory]
    [InlineData(Both + " * on (shop) group_left () fee", "grouping labels must ensure unique matches")]
    [InlineData("fee + on (shop) group_right () " + Both, "grouping labels must ensure unique matches")]
    [InlineData(Both + " + on (shop) fee", "many-to-one matching must be explicit (group_left/group_right)")]
    [InlineData("ask + on (__name__) ask{shop=\"a\"}", "many-to-one matching must be explicit (group_left/group_right)")]
    public void Several_results_of_one_match_are_several_matches(string query, string message)
    {
        Run(query, AtOnce, $"  expect fail msg: multiple matches for labels: {message}");
        Run(query, AtTheEnd, $"  expect fail msg: multiple matches for labels: {message}");
    }

    [Theory]
    [InlineData("1 + on () fee", "1 + fee", "  {shop=\"a\", kind=\"x\"} 3")]
    [InlineData("fee > bool ignoring () group_left (kind) 1", "fee > bool 1", "  {shop=\"a\", kind=\"x\"} 1")]
    [InlineData("1 + on () group_right () 2", "1 + 2", "  3")]
    public void Beside_a_scalar_a_matching_by_no_labels_means_nothing(string query, string printed, string result)
    {
        PromQLParser.Parse(query).ToString().ShouldBe(printed);
        Run(query, AtOnce, result);
    }

    private static void Run(string query, string features, string result) =>
        PromQLScript.Run($"{features}\n\n{Load}eval instant at 0 {query}\n{result}\n", TimeProvider.System).Failures.ShouldBeEmpty($"{features}: {query}");
}
