-- How many people saw how many DSP impressions of a campaign. A person is counted once for each
-- campaign, so the reach of two campaigns, or of two weeks, is not their sum.
WITH people AS (
  SELECT campaign_id_string, campaign, user_id,
         SUM(impressions) AS frequency, SUM(total_cost) / 100000 AS cost
  FROM dsp_impressions
  WHERE user_id IS NOT NULL
    AND (CARDINALITY(CUSTOM_PARAMETER('campaign_ids')) = 0
       OR ARRAY_CONTAINS(CUSTOM_PARAMETER('campaign_ids'), campaign_id_string))
  GROUP BY campaign_id_string, campaign, user_id
)
SELECT campaign_id_string, campaign,
       CASE WHEN frequency >= {{most}} THEN {{most}} ELSE frequency END AS frequency,
       COUNT(DISTINCT user_id) AS reach,
       SUM(frequency) AS impressions,
       SUM(cost) AS cost
FROM people
GROUP BY 1, 2, 3
