using Sightglass.Core.Errors;
using Sightglass.Core.Model;
using Sightglass.Ingest.Pushgateway;

namespace Sightglass.Ingest.Tests.Pushgateway;

public sealed class GroupingKeyTests
{
    public static TheoryData<string, string[]> Good => new()
    {
        { "job/nightly", ["job", "nightly"] },
        { "job/nightly/instance/h1/", ["job", "nightly", "instance", "h1"] },
        { "job/a%2Fb%20c", ["job", "a/b c"] },
        { "job/x/path@base64/L3Zhci90bXA", ["job", "x", "path", "/var/tmp"] },
        { "job/x/path@base64/L3Zhci90bXA=", ["job", "x", "path", "/var/tmp"] },
        { "job@base64/w7zDvz8_", ["job", "üÿ??"] },
        { "job/x/empty@base64/=", ["job", "x"] },
    };

    [Theory]
    [MemberData(nameof(Good))]
    public void Paths_become_labels(string path, string[] labels) => GroupingKey.Parse(path).ShouldBe(LabelSet.Of(labels));

    [Theory]
    [InlineData("", "odd number of components")]
    [InlineData("job", "odd number of components")]
    [InlineData("job/x/instance", "odd number of components")]
    [InlineData("instance/x", "has to begin with job")]
    [InlineData("job@base64/=", "job name is required")]
    [InlineData("job/x/__name__/y", "improper label name \"__name__\"")]
    [InlineData("job/x/1st/y", "improper label name \"1st\"")]
    [InlineData("job/x//y", "improper label name \"\"")]
    [InlineData("job/x/job/y", "job stands twice")]
    [InlineData("job/x/a@base64/!!", "invalid base64 encoding in label a")]
    public void Others_are_refused(string path, string reason) => Should.Throw<MalformedInputException>(() => GroupingKey.Parse(path)).Message.ShouldContain(reason);
}
