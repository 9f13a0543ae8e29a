using System.Globalization;
using System.Text;
using System.Xml;
using Sightglass.Alerting.Rules.Testing;

namespace Sightglass.Server.CommandLine;

/// <summary>Results of unit tests as JUnit XML: a suite per file, a case per test.</summary>
internal static class JUnitReport
{
    public static void Write(string path, IReadOnlyList<(string File, RuleTestReport Report)> reports)
    {
        using var xml = XmlWriter.Create(path, new XmlWriterSettings { Indent = true, CheckCharacters = false, Encoding = new UTF8Encoding(encoderShouldEmitUTF8Identifier: false) });
        xml.WriteStartElement("testsuites");
        foreach (var (file, report) in reports)
        {
            xml.WriteStartElement("testsuite");
            xml.WriteAttributeString("name", file);
            xml.WriteAttributeString("tests", Text(report.Results.Count));
            xml.WriteAttributeString("failures", Text(report.Results.Count(static r => r.Failures.Count > 0)));
            xml.WriteAttributeString("errors", Text(report.Errors.Count));
            foreach (var error in report.Errors)
            {
                Case(xml, file, 0, "error", [error]);
            }

            for (var i = 0; i < report.Results.Count; i++)
            {
                var result = report.Results[i];
                Case(xml, result.Name.Length > 0 ? result.Name : $"test in line {result.Line}", result.Duration.TotalSeconds, "failure", result.Failures);
            }

            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    private static void Case(XmlWriter xml, string name, double seconds, string kind, IReadOnlyList<string> failures)
    {
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("time", seconds.ToString("0.######", CultureInfo.InvariantCulture));
        foreach (var failure in failures)
        {
            xml.WriteElementString(kind, failure);
        }

        xml.WriteEndElement();
    }

    private static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);
}
