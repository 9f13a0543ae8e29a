using System.Text;
using Sightglass.Ingest.Otlp;

namespace Sightglass.Ingest.Tests.Otlp;

public sealed class MetricNamesTests
{
    [Theory]
    [InlineData("my.counter", "1", true, false, "my_counter_total")]
    [InlineData("my.gauge", "1", false, true, "my_gauge_ratio")]
    [InlineData("my.histogram", "1", false, false, "my_histogram")]
    [InlineData("http.server.request.duration", "s", false, false, "http_server_request_duration_seconds")]
    [InlineData("system.io", "By", true, false, "system_io_bytes_total")]
    [InlineData("system.io.bytes", "By", true, false, "system_io_bytes_total")]
    [InlineData("requests.total", "{request}", true, false, "requests_total")]
    [InlineData("total.requests", "", true, false, "requests_total")]
    [InlineData("speed", "m/s", false, true, "speed_meters_per_second")]
    [InlineData("speed", "By/h", false, true, "speed_bytes_per_hour")]
    [InlineData("rate", "{packet}/s", false, true, "rate_per_second")]
    [InlineData("cpu.usage", "%", false, true, "cpu_usage_percent")]
    [InlineData("3d.print", "", false, true, "_3d_print")]
    [InlineData("ns:rule", "widgets", false, true, "ns:rule_widgets")]
    [InlineData("__strange--name__", "ms", false, true, "strange_name_milliseconds")]
    public void A_family_is_named_as_Prometheus_names_it(string name, string unit, bool counter, bool gauge, string want) =>
        MetricNames.Family(name, unit, counter, gauge).ShouldBe(want);

    [Theory]
    [InlineData("http.method", "http_method")]
    [InlineData("a..b", "a__b")]
    [InlineData("0zone", "key_0zone")]
    [InlineData("_hidden", "key_hidden")]
    [InlineData("__reserved", "__reserved")]
    [InlineData("größe", "gr__e")]
    public void A_label_is_named_as_Prometheus_names_it(string key, string want)
    {
        Span<byte> target = stackalloc byte[64];
        var length = MetricNames.Label(Encoding.UTF8.GetBytes(key), target);
        Encoding.UTF8.GetString(target[..length]).ShouldBe(want);
    }

    [Theory]
    [InlineData(1, "1")]
    [InlineData(0.005, "0.005")]
    [InlineData(2.5, "2.5")]
    [InlineData(1e-7, "0.0000001")]
    [InlineData(1.5e-5, "0.000015")]
    [InlineData(1e15, "1000000000000000")]
    [InlineData(1.25e21, "1250000000000000000000")]
    [InlineData(-1e20, "-100000000000000000000")]
    [InlineData(double.PositiveInfinity, "+Inf")]
    public void Bounds_are_written_without_exponent(double value, string want)
    {
        Span<byte> target = stackalloc byte[GoNumberText.MaxBytes];
        Encoding.UTF8.GetString(target[..GoNumberText.Fixed(value, target)]).ShouldBe(want);
    }

    [Theory]
    [InlineData(637.704, "637.704")]
    [InlineData(1e-7, "1e-7")]
    [InlineData(1e-6, "0.000001")]
    [InlineData(1e20, "100000000000000000000")]
    [InlineData(1e21, "1e+21")]
    public void Doubles_of_attributes_are_written_as_in_JSON(double value, string want)
    {
        Span<byte> target = stackalloc byte[GoNumberText.MaxBytes];
        Encoding.UTF8.GetString(target[..GoNumberText.Json(value, target)]).ShouldBe(want);
    }

    [Fact]
    public void The_longest_double_fits()
    {
        Span<byte> target = stackalloc byte[GoNumberText.MaxBytes];
        GoNumberText.Fixed(-double.Epsilon, target).ShouldBeLessThan(GoNumberText.MaxBytes);
        GoNumberText.Fixed(double.MinValue, target).ShouldBe(310);
    }
}
