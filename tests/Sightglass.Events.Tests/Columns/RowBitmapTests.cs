using Sightglass.Events.Columns;

namespace Sightglass.Events.Tests.Columns;

public sealed class RowBitmapTests
{
    [Theory]
    [InlineData(1, 0, 1)]
    [InlineData(64, 0, 64)]
    [InlineData(65, 64, 1)]
    [InlineData(200, 3, 130)]
    [InlineData(200, 63, 2)]
    [InlineData(200, 64, 64)]
    [InlineData(200, 5, 0)]
    public void A_range_holds_its_rows_and_no_others(int count, int start, int length)
    {
        var bitmap = new RowBitmap(count);
        bitmap.SetRange(start, length);
        Rows(bitmap).ShouldBe(Enumerable.Range(start, length));
        bitmap.PopCount().ShouldBe(length);
        bitmap.IsEmpty.ShouldBe(length == 0);
        for (var from = 0; from <= count; from += 7)
        {
            bitmap.PopCount(from, count - from).ShouldBe(Rows(bitmap).Count(r => r >= from));
            bitmap.PopCount(0, from).ShouldBe(Rows(bitmap).Count(r => r < from));
        }

        var rest = RowBitmap.All(count);
        rest.ClearRange(start, length);
        Rows(rest).ShouldBe(Enumerable.Range(0, count).Except(Enumerable.Range(start, length)));
    }

    [Fact]
    public void Set_operations_agree_with_sets()
    {
        var random = new Random(5);
        for (var round = 0; round < 50; round++)
        {
            var count = random.Next(1, 300);
            var (left, leftSet) = Make(random, count);
            var (right, rightSet) = Make(random, count);
            Rows(Apply(left, b => b.And(right))).ShouldBe(leftSet.Intersect(rightSet).Order());
            Rows(Apply(left, b => b.Or(right))).ShouldBe(leftSet.Union(rightSet).Order());
            Rows(Apply(left, b => b.AndNot(right))).ShouldBe(leftSet.Except(rightSet).Order());
        }
    }

    [Fact]
    public void A_rows_value_is_found_by_its_place_among_the_present()
    {
        var random = new Random(6);
        var (bitmap, set) = Make(random, 500);
        var presence = new Presence(bitmap);
        var order = set.Order().ToList();
        presence.Count.ShouldBe(order.Count);
        for (var row = 0; row < 500; row++)
        {
            presence.IndexOf(row).ShouldBe(order.IndexOf(row));
        }
    }

    private static RowBitmap Apply(RowBitmap bitmap, Action<RowBitmap> operation)
    {
        var copy = bitmap.Clone();
        operation(copy);
        return copy;
    }

    private static (RowBitmap Bitmap, HashSet<int> Set) Make(Random random, int count)
    {
        var bitmap = new RowBitmap(count);
        var set = new HashSet<int>();
        for (var i = 0; i < count / 2; i++)
        {
            var row = random.Next(count);
            bitmap.Set(row);
            set.Add(row);
        }

        return (bitmap, set);
    }

    private static List<int> Rows(RowBitmap bitmap)
    {
        var rows = new List<int>();
        for (var row = bitmap.Next(0); row >= 0; row = bitmap.Next(row + 1))
        {
            rows.Add(row);
        }

        return rows;
    }
}
