using Sightglass.Core.Contracts;
using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Events.Querying;

namespace Sightglass.Events.Tests.Querying;

/// <summary>The meaning of leaves on one value, as the contract's comments have it.</summary>
public sealed class ValueTestTests
{
    private static readonly ColumnRef Column = ColumnRef.Field("body");

    public static TheoryData<object, CompareOp, object, bool> Comparisons() => new()
    {
        { 1L, CompareOp.Equal, 1.0, true },
        { 1L, CompareOp.Less, 1.5, true },
        { 2L, CompareOp.Less, 1.5, false },
        { -1L, CompareOp.Greater, -1.5, true },
        { 1.5, CompareOp.GreaterOrEqual, 1L, true },
        { 9007199254740993L, CompareOp.Equal, 9007199254740992.0, false },
        { 9007199254740993L, CompareOp.Greater, 9007199254740992.0, true },
        { long.MaxValue, CompareOp.Less, 9223372036854775808.0, true },
        { long.MinValue, CompareOp.Equal, -9223372036854775808.0, true },
        { 1L, CompareOp.Less, double.PositiveInfinity, true },
        { 1L, CompareOp.Equal, double.NaN, false },
        { 1L, CompareOp.LessOrEqual, double.NaN, false },
        { 1L, CompareOp.NotEqual, double.NaN, true },
        { double.NaN, CompareOp.NotEqual, double.NaN, true },
        { double.NaN, CompareOp.GreaterOrEqual, 0L, false },
        { "b", CompareOp.Greater, "a", true },
        { "B", CompareOp.Less, "a", true },
        { "z", CompareOp.Less, "ä", true },
        { "", CompareOp.Equal, "", true },
        { "1", CompareOp.Equal, 1L, false },
        { "1", CompareOp.NotEqual, 1L, true },
        { "1", CompareOp.GreaterOrEqual, 1L, false },
        { true, CompareOp.Equal, true, true },
        { true, CompareOp.Equal, 1L, false },
        { true, CompareOp.Greater, false, true },
        { new byte[] { 1, 2 }, CompareOp.Equal, new byte[] { 1, 2 }, true },
        { new byte[] { 1, 2 }, CompareOp.Less, new byte[] { 1, 3 }, true },
        { new byte[] { 1 }, CompareOp.NotEqual, "\u0001", true },
    };

    [Theory]
    [MemberData(nameof(Comparisons))]
    public void Values_compare_by_type(object left, CompareOp op, object right, bool want) =>
        ValueTest.Of(new ComparePredicate(Column, op, Value(right))).Test(Value(left)).ShouldBe(want);

    [Theory]
    [InlineData("Connection refused", "refused", false, true)]
    [InlineData("Connection refused", "connection", false, false)]
    [InlineData("Connection refused", "connection", true, true)]
    [InlineData("CONNECTION", "nn", true, true)]
    [InlineData("short", "longer than the text", true, false)]
    [InlineData("ab-AB-ab", "B-A", true, true)]
    [InlineData("12:34", "2:3", true, true)]
    [InlineData("ÄRGER", "ärger", true, false)]
    [InlineData("Ärger", "Ärg", true, true)]
    [InlineData("[x]", "{X}", true, false)]
    public void Substrings_are_found_with_and_without_case(string text, string needle, bool ignoreCase, bool want) =>
        ValueTest.Of(new ContainsPredicate(Column, needle, ignoreCase)).Test(AttributeValue.Of(text)).ShouldBe(want);

    [Theory]
    [InlineData(1234L, "23", true)]
    [InlineData(-5L, "-", true)]
    [InlineData(1.25, ".2", true)]
    [InlineData(true, "ru", true)]
    [InlineData(false, "ru", false)]
    public void Other_values_are_searched_as_text(object value, string needle, bool want)
    {
        ValueTest.Of(new ContainsPredicate(Column, needle)).Test(Value(value)).ShouldBe(want);
        ValueTest.Of(new MatchesPredicate(Column, Re2.Unanchored(needle.Replace(".", @"\.", StringComparison.Ordinal)))).Test(Value(value)).ShouldBe(want);
    }

    [Theory]
    [InlineData("error|warn", "warn", true)]
    [InlineData("error|warn", "warning", false)]
    [InlineData("e.*", "error\nsecond", true)]
    public void Anchored_expressions_match_the_whole_text(string expression, string text, bool want) =>
        ValueTest.Of(new MatchesPredicate(Column, Re2.Anchored(expression))).Test(AttributeValue.Of(text)).ShouldBe(want);

    [Fact]
    public void A_composite_that_does_not_parse_has_no_text()
    {
        var broken = AttributeValue.OfBytes(AttributeType.Composite, [0x2a, 0x7f]);
        ValueTest.Of(new ContainsPredicate(Column, "a")).Test(broken).ShouldBeFalse();
        ValueTest.Of(new ExistsPredicate(Column)).Test(broken).ShouldBeTrue();
    }

    [Fact]
    public void An_empty_needle_is_refused() =>
        Should.Throw<QueryException>(() => ValueTest.Of(new ContainsPredicate(Column, string.Empty)));

    [Fact]
    public void A_search_without_case_agrees_with_the_plain_way()
    {
        var random = new Random(11);
        for (var i = 0; i < 5000; i++)
        {
            var text = Letters(random, random.Next(30));
            var needle = Letters(random, random.Next(1, 4));
            ValueTest.Of(new ContainsPredicate(Column, needle, true)).Test(AttributeValue.Of(text))
                .ShouldBe(text.Contains(needle, StringComparison.OrdinalIgnoreCase), $"{text} {needle}");
        }
    }

    private static string Letters(Random random, int length) => string.Concat(Enumerable.Range(0, length).Select(_ => "aAbBzZ-1"[random.Next(8)]));

    private static AttributeValue Value(object value) => value switch
    {
        long number => AttributeValue.Of(number),
        double number => AttributeValue.Of(number),
        bool truth => AttributeValue.Of(truth),
        byte[] bytes => AttributeValue.OfBytes(AttributeType.Bytes, bytes),
        _ => AttributeValue.Of((string)value),
    };
}
