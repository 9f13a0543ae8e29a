using Sightglass.Alerting.OnCall;

namespace Sightglass.Alerting.Tests.OnCall;

public sealed class OnCallReaderTests
{
    [Theory]
    [InlineData("people: [a], start: tomorrow", "start: got \"tomorrow\", want a local date and time")]
    [InlineData("people: [a]", "a layer needs a start")]
    [InlineData("people: [], start: 2026-01-05", "a layer needs people")]
    [InlineData("people: [d], start: 2026-01-05", "there is no person \"d\"")]
    [InlineData("people: [a], start: 2026-01-05, length: 59m", "length: got 59m, want 1h to")]
    [InlineData("people: [a], start: 2026-01-05, length: 3d, handover: monday 09:00", "want whole weeks beside that handover")]
    [InlineData("people: [a], start: 2026-01-05, length: 36h, handover: '09:00'", "want whole days beside that handover")]
    [InlineData("people: [a], start: 2026-01-05, handover: someday 09:00", "handover: got \"someday 09:00\"")]
    [InlineData("people: [a], start: 2026-01-05, handover: monday 24:00", "handover: got")]
    [InlineData("people: [a], start: 2026-01-05, end: 2026-01-05", "end: want a time after start")]
    [InlineData("people: [a], start: 2026-01-05, restrict: [{weekdays: [mon]}]", "weekdays: got \"mon\"")]
    [InlineData("people: [a], start: 2026-01-05, restrict: [{start_time: '9:00'}]", "start_time: got \"9:00\"")]
    [InlineData("people: [a], start: 2026-01-05, restrict: [{start_time: '24:00'}]", "want a time before 24:00")]
    [InlineData("people: [a], start: 2026-01-05, persons: [a]", "unknown key \"persons\"")]
    public void What_is_wrong_is_said_with_its_line(string layer, string message)
    {
        var e = Should.Throw<AlertingConfigurationException>(() => RotationTests.Read("time_zone: UTC", layer));
        e.Message.ShouldContain(message);
        e.Message.ShouldStartWith("c.yml:5:");
    }

    [Fact]
    public void An_unknown_time_zone_and_a_name_twice_are_refused()
    {
        Should.Throw<AlertingConfigurationException>(static () => RotationTests.Read("time_zone: Europe/Nowhere", "people: [a], start: 2026-01-05")).Message.ShouldContain("no time zone \"Europe/Nowhere\"");
        Should.Throw<AlertingConfigurationException>(static () => OnCallReader.Read(
            new YamlFile("c.yml").Read("oncall:\n- {name: r, layers: [{people: [a], start: 2026-01-05}]}\n- {name: r, layers: [{people: [a], start: 2026-01-05}]}\n", "c"), ["a"])).Message.ShouldContain("rotation \"r\" is there twice");
    }
}
