using Sightglass.Core.Model;

namespace Sightglass.Core.Tests.Model;

public sealed class LabelSetTests
{
    [Fact]
    public void Sets_are_equal_whatever_the_order_they_were_given_in()
    {
        var one = LabelSet.Of("b", "2", "a", "1", "empty", "");
        var two = LabelSet.From([new Label("a", "1"), new Label("b", "2")]);
        one.ShouldBe(two);
        (one == two).ShouldBeTrue();
        one.GetHashCode().ShouldBe(two.GetHashCode());
        one.Count.ShouldBe(2);
        one["none"].ShouldBe(string.Empty);
    }

    [Fact]
    public void Changes_make_new_sets()
    {
        var set = LabelSet.Of("__name__", "m", "a", "1");
        set.With("b", "2").ToString().ShouldBe("m{a=\"1\", b=\"2\"}");
        set.With("a", "").ToString().ShouldBe("m");
        set.Without("a").ShouldBe(LabelSet.Of("__name__", "m"));
        set.Only("a").ToString().ShouldBe("{a=\"1\"}");
        set.Without("other").ShouldBeSameAs(set);
    }

    [Fact]
    public void Values_are_escaped_as_Prometheus_writes_them() =>
        LabelSet.Of("a", "q\"b\\n\n").ToString().ShouldBe("{a=\"q\\\"b\\\\n\\n\"}");

    [Theory]
    [InlineData("a=1", "a=2", -1)]
    [InlineData("a=1", "a=1,b=1", -1)]
    [InlineData("b=1", "a=1,b=1", 1)]
    [InlineData("a=1", "a=1", 0)]
    public void Sets_have_an_order(string left, string right, int want) => Math.Sign(Parse(left).CompareTo(Parse(right))).ShouldBe(want);

    [Fact]
    public void Nested_values_are_shown_as_JSON()
    {
        // {"k": [1, true]} as AnyValue.
        byte[] map = [0x32, 15, 0x0a, 13, 0x0a, 1, (byte)'k', 0x12, 8, 0x2a, 6, 0x0a, 2, 0x18, 1, 0x0a, 0];
        AnyValueText.ToJson(map).ShouldBe("{\"k\":[1,null]}");
    }

    private static LabelSet Parse(string text) =>
        LabelSet.From(text.Split(',').Select(static p => new Label(p.Split('=')[0], p.Split('=')[1])));
}
