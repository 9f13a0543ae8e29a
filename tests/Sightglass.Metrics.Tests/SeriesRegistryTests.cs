using Sightglass.Core.Bytes;
using Sightglass.Core.Model;
using Sightglass.Metrics.Memory;
using Sightglass.Metrics.Parts;
using MatchType = Sightglass.Core.Model.MatchType;

namespace Sightglass.Metrics.Tests;

public sealed class SeriesRegistryTests
{
    private readonly SeriesRegistry _registry = new();

    [Fact]
    public void Series_come_back_with_their_labels_their_keys_and_by_their_hashes()
    {
        var sets = Enumerable.Range(0, 3000).Select(i => LabelSet.Of("__name__", $"metric_{i % 7}", "instance", $"host-{i}", "ünïcode", "värde", "zone", (i % 3).ToString(System.Globalization.CultureInfo.InvariantCulture))).ToArray();
        var ids = sets.Select(Add).ToArray();
        ids.ShouldBe(Enumerable.Range(0, 3000));
        using var key = new ByteWriter();
        for (var i = 0; i < sets.Length; i++)
        {
            _registry.LabelsOf(i).ShouldBe(sets[i]);
            key.Clear();
            _registry.WriteKey(i, key);
            key.Written.SequenceEqual(KeyOf(sets[i])).ShouldBeTrue();
            _registry.TryFind(Hash128.Compute(key.Written), out var id).ShouldBeTrue();
            id.ShouldBe(i);
        }

        _registry.TryFind(new Hash128(1, 2), out _).ShouldBeFalse();
    }

    [Fact]
    public void Matchers_find_series_added_at_any_time()
    {
        for (var i = 0; i < 100; i++)
        {
            Add(i % 2 == 0 ? LabelSet.Of("__name__", "up", "host", $"h{i}") : LabelSet.Of("__name__", "down", "host", $"h{i}", "rack", $"r{i % 5}"));
        }

        Find(new LabelMatcher(MatchType.Equal, "__name__", "up")).Count().ShouldBe(50);
        Find(new LabelMatcher(MatchType.Equal, "rack", "r3")).ShouldBe(Enumerable.Range(0, 100).Where(i => i % 2 == 1 && i % 5 == 3));
        Find(new LabelMatcher(MatchType.Equal, "rack", "")).Count().ShouldBe(50);
        Find(new LabelMatcher(MatchType.Regex, "host", "h1.?")).ShouldBe([1, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
        Find(new LabelMatcher(MatchType.Equal, "host", "none")).ShouldBeEmpty();
    }

    [Fact]
    public void The_order_is_that_of_keys_and_grows_with_the_series()
    {
        var random = new Random(7);
        for (var round = 0; round < 4; round++)
        {
            for (var i = 0; i < 200; i++)
            {
                var labels = new List<string> { "__name__", $"m{random.Next(5)}", "a", $"{round}-{i}" };
                if (random.Next(2) == 0)
                {
                    labels.AddRange(["b", new string('x', random.Next(1, 5))]);
                }

                Add(LabelSet.Of([.. labels]));
            }

            var order = _registry.Order();
            order.Length.ShouldBe((round + 1) * 200);
            order.Order().ShouldBe(Enumerable.Range(0, order.Length));
            for (var i = 1; i < order.Length; i++)
            {
                KeyOrder.Compare(Key(order[i - 1]), Key(order[i])).ShouldBeLessThan(0);
            }
        }
    }

    [Fact]
    public void Names_and_values_of_some_of_the_series()
    {
        Add(LabelSet.Of("__name__", "old", "gone", "x"));
        Add(LabelSet.Of("__name__", "new", "here", "y"));
        Add(LabelSet.Of("__name__", "new", "here", "z"));
        _registry.NamesWith(id => id > 0).Order().ShouldBe(["__name__", "here"]);
        _registry.ValuesWith("__name__", id => id > 0).ShouldBe(["new"]);
        _registry.ValuesWith("here", id => id == 2).ShouldBe(["z"]);
        _registry.ValuesWith("nowhere", _ => true).ShouldBeEmpty();
    }

    private IEnumerable<int> Find(LabelMatcher matcher)
    {
        var found = _registry.Find([matcher], CancellationToken.None);
        for (var id = found.Next(0); id >= 0; id = found.Next(id + 1))
        {
            yield return id;
        }
    }

    private byte[] Key(int id)
    {
        using var key = new ByteWriter();
        _registry.WriteKey(id, key);
        return key.Written.ToArray();
    }

    [Fact]
    public void Series_of_metrics_and_values_of_labels_are_counted_as_the_series_say()
    {
        var random = new Random(11);
        var all = new HashSet<LabelSet>();
        for (var i = 0; i < 3000; i++)
        {
            var labels = new List<string> { "a", $"{random.Next(i)}", $"x{random.Next(4)}", $"{random.Next(40)}" };
            if (random.Next(5) > 0)
            {
                labels.AddRange(["__name__", $"m{random.Next(random.Next(1, 60))}"]);
            }

            var set = LabelSet.Of([.. labels]);
            var key = KeyOf(set);
            var most = random.Next(1, 60);
            var tooMany = set.Where(l => l.Name != "__name__").FirstOrDefault(l => ValuesOf(l.Name) is var values && values.Count >= most && !values.Contains(l.Value));
            var at = _registry.FindOneTooMany(key, most);
            (at < 0 ? null : new ByteReader(key.AsSpan(at)).ReadString()).ShouldBe(tooMany.Name);
            _registry.SeriesOfMetric(key).ShouldBe(all.Count(s => s.Name == set.Name));
            if (all.Add(set))
            {
                Add(set);
            }

            if (i % 100 == 0)
            {
                _registry.MostSeriesOfMetric.ShouldBe(all.GroupBy(s => s.Name).Max(g => g.Count()));
                _registry.MostValuesOfLabel.ShouldBe(all.SelectMany(s => s).Where(l => l.Name != "__name__").GroupBy(l => l.Name).Max(g => g.DistinctBy(l => l.Value).Count()));
            }
        }

        HashSet<string> ValuesOf(string name) => [.. _registry.Values(name)];
    }

    private static byte[] KeyOf(LabelSet labels)
    {
        using var key = new ByteWriter();
        labels.WriteKey(key);
        return key.Written.ToArray();
    }

    private int Add(LabelSet labels)
    {
        var key = KeyOf(labels);
        return _registry.Add(Hash128.Compute(key), key);
    }
}
